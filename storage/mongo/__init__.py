"""MongoDB through Motor: client, threads, transactions, snapshots, leases.

Motor runs each call of PyMongo in one of a few threads. This package changes four things, and
nothing outside of it relies on how Motor works. ``tests/contract/test_motor.py`` fails if a new
version of Motor or PyMongo breaks them.

Deadlines (:mod:`storage.mongo.threads`): PyMongo's ``timeoutMS`` begins when a thread takes a call
up. While MongoDB does not answer, each thread is held until its limit, and the calls behind it
each wait for a thread and then for a limit of their own: a hundred requests took eleven limits.
So ``run_on_executor`` of Motor's asyncio framework is replaced by one that sets the limit when the
call is made. This relies on Motor looking the function up at each call, on its copying the context
to the thread, and on PyMongo's reading the limit from there.

Waits for a server (:mod:`storage.errors`): with a time limit of its own, a call waits for a
server for all of that, also where no server has answered for seconds. So the method by which
PyMongo asks for this wait is replaced by one that knows how long the context may wait.

Calls in one thread (:mod:`storage.mongo.threads`): each call through Motor waits for the event
loop, and on a busy one that takes longer than the call. A sequence of calls runs in one thread
with PyMongo's own database and session, which Motor keeps as ``delegate``.

Transactions (:mod:`storage.mongo.transactions`): ``with_transaction`` tries again for a fixed 120
seconds; these runners give up after the time limit of one call. One runs on the event loop, the
other in one thread.
"""
