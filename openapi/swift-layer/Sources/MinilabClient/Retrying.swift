import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The service answered that it cannot do what was asked. Decide by `code` or `codeText`, never by a text.
extension Problem: Error {
    /// The stable code, also one that a later version has added.
    public var codeText: String { type.split(separator: ":").last.map(String.init) ?? type }

    /// Whether the same request may succeed later.
    public var mayPass: Bool { [408, 429, 502, 503, 504].contains(status) }
}

extension Minilab {
    /// Makes a call, repeats it after failures that may pass, and throws its `Problem`.
    ///
    /// Only for calls that do nothing twice: reads, deletes, and those with an `Idempotency-Key`.
    public func call<Answer: Sendable>(_ body: @Sendable () async throws -> Answer) async throws -> Answer {
        var attempt = 0
        while true {
            do {
                return try await body()
            } catch let ErrorResponse.error(status, data, response, cause) {
                attempt += 1
                let problem = problem(of: data, status: status)
                guard attempt < attempts, problem?.mayPass ?? (status < 0) else {
                    throw problem ?? cause
                }
                try await Task.sleep(nanoseconds: pause(before: attempt, response: response))
            }
        }
    }

    func problem(of data: Data?, status: Int) -> Problem? {
        guard status >= 400 else {
            return nil
        }
        if let data, let problem = try? configuration.codableHelper.jsonDecoder.decode(Problem.self, from: data) {
            return problem
        }
        // Not from the service, but from a proxy in front of it.
        let title = HTTPURLResponse.localizedString(forStatusCode: status)
        return Problem(
            code: .unknownDefaultOpenApi, detail: title, requestId: "", status: status, title: title,
            type: "urn:minilab:problem:http_\(status)"
        )
    }

    /// The pause in nanoseconds: longer each time, and not shorter than `Retry-After`.
    private func pause(before attempt: Int, response: URLResponse?) -> UInt64 {
        let header = (response as? HTTPURLResponse)?.value(forHTTPHeaderField: "Retry-After")
        let grown = min(30, 0.5 * pow(2, Double(attempt - 1))) * Double.random(in: 0.5...1)
        return UInt64(max(grown, header.flatMap(Double.init) ?? 0) * 1_000_000_000)
    }
}
