import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

extension JobEvent {
    /// Whether no event follows: the job has ended, was deleted or has expired.
    public var isLast: Bool { code != nil || finishedAt != nil }
}

#if !canImport(FoundationNetworking)
@available(iOS 15, macOS 12, tvOS 15, watchOS 8, *)
extension Minilab {
    /// Follows a job: gives its state now and after each change, and ends when it has ended or was deleted.
    /// A broken stream is continued.
    public func followJob(_ jobId: String, userId: String? = nil) -> AsyncThrowingStream<JobEvent, Error> {
        AsyncThrowingStream { stream in
            let task = Task {
                do {
                    var last: String?
                    var failures = 0
                    while true {
                        do {
                            let ended = try await read(jobId, userId: userId, after: last) { id, event in
                                last = id ?? last
                                failures = 0
                                stream.yield(event)
                            }
                            if ended {
                                break
                            }
                        } catch let error as URLError where error.code != .cancelled {
                            failures += 1
                            guard failures < attempts else {
                                throw error
                            }
                        } catch let problem as Problem where problem.mayPass {
                            failures += 1
                            guard failures < attempts else {
                                throw problem
                            }
                        }
                        try await Task.sleep(nanoseconds: UInt64(failures + 1) * 1_000_000_000)
                    }
                    stream.finish()
                } catch {
                    stream.finish(throwing: error)
                }
            }
            stream.onTermination = { _ in task.cancel() }
        }
    }

    /// Reads one stream to its end. Returns whether the last event has come.
    private func read(
        _ jobId: String, userId: String?, after last: String?, take: (String?, JobEvent) -> Void
    ) async throws -> Bool {
        var address = URLComponents(string: configuration.basePath)
        let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
        let id = jobId.addingPercentEncoding(withAllowedCharacters: allowed) ?? jobId
        address?.percentEncodedPath += "/v1/jobs/\(id)/events"
        if let userId {
            address?.queryItems = [URLQueryItem(name: "user_id", value: userId)]
        }
        guard let url = address?.url else {
            throw URLError(.badURL)
        }
        var request = URLRequest(url: url)
        request.allHTTPHeaderFields = configuration.customHeaders
        request.setValue("text/event-stream", forHTTPHeaderField: "Accept")
        request.setValue(last, forHTTPHeaderField: "Last-Event-ID")
        let (bytes, response) = try await URLSession.shared.bytes(for: request)
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        if status >= 400 {
            var body = Data()
            for try await byte in bytes {
                body.append(byte)
            }
            throw problem(of: body, status: status) ?? URLError(.badServerResponse)
        }
        return try await status == 204 || events(in: bytes, take: take)
    }

    /// Reads `data` lines as they come: the service sends each event with one, after its `id`.
    private func events(in bytes: URLSession.AsyncBytes, take: (String?, JobEvent) -> Void) async throws -> Bool {
        var id: String?
        for try await line in bytes.lines {
            if line.hasPrefix("id:") {
                id = line.dropFirst(3).trimmingCharacters(in: .whitespaces)
            } else if line.hasPrefix("data:") {
                let data = Data(line.dropFirst(5).utf8)
                let event = try configuration.codableHelper.jsonDecoder.decode(JobEvent.self, from: data)
                take(id, event)
                if event.isLast {
                    return true
                }
            }
        }
        return false
    }
}
#endif
