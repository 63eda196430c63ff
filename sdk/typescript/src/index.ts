// Written by hand; what is generated from the contract is in ./generated.
export * from './generated/index.js';
export { MinilabLink } from './link.js';
export { Minilab, type Upload } from './minilab.js';
export { ApiError, ConnectionFailed, MinilabError, WaitTimedOut } from './problems.js';
export type { Retries } from './retries.js';
export type { JobChange } from './following.js';
export type { Arguments, Connection, Operation } from './calls.js';
