import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A client of one service with one key: an API key, or the token of an upload link.
///
/// Its methods throw a `Problem` for an answer that is not a success. The generated calls, such as
/// `ImagesAPI.getImage(imageId:apiConfiguration:)`, take its `configuration`; `minilab.call { … }` makes
/// them throw likewise, and repeats them after failures that may pass.
public struct Minilab: Sendable {
    /// The address, the key and the session of all calls.
    public let configuration: MinilabClientAPIConfiguration
    /// Most attempts of one call.
    public let attempts: Int

    /// - Parameter baseURL: Address of the service, such as `https://photos.example`.
    public init(baseURL: URL, key: String, attempts: Int = 5) {
        let base = baseURL.absoluteString
        configuration = MinilabClientAPIConfiguration(
            basePath: base.hasSuffix("/") ? String(base.dropLast()) : base,
            customHeaders: ["Authorization": "Bearer \(key)"]
        )
        self.attempts = attempts
    }

    /// Uploads files in one request, and repeats it after a failure that may pass.
    ///
    /// All attempts have the same `idempotencyKey`, so that the service stores each file once.
    public func upload(
        _ files: [URL],
        operations: [String]? = nil,
        userId: String? = nil,
        gps: GpsPolicy? = nil,
        callbackUrl: String? = nil,
        idempotencyKey: String = UUID().uuidString
    ) async throws -> Job {
        try await call {
            try await JobsAPI.createJob(
                files: files,
                idempotencyKey: idempotencyKey,
                callbackUrl: callbackUrl,
                gps: gps,
                operations: operations?.joined(separator: ","),
                userId: userId,
                apiConfiguration: configuration
            )
        }
    }

    /// Waits until a job has ended. Cancel the task to wait no longer.
    public func waitForJob(_ jobId: String, userId: String? = nil) async throws -> Job {
        while true {
            let job = try await call {
                try await JobsAPI.getJob(
                    jobId: jobId, userId: userId, prefer: "wait=30", apiConfiguration: configuration
                )
            }
            if job.finishedAt != nil {
                return job
            }
        }
    }

    /// Downloads a picture to a temporary file, which is the caller's to move or remove.
    public func download(
        _ imageId: String, variant: ImageVariant = .original, userId: String? = nil
    ) async throws -> URL {
        try await call {
            try await ImagesAPI.getImageContent(
                imageId: imageId, variant: variant, userId: userId, apiConfiguration: configuration
            )
        }
    }

    /// Gives the items of all pages of a list, page by page as they are read:
    /// `minilab.iterate(\.items, next: \.nextCursor) { cursor in try await ImagesAPI.listImages(cursor: cursor, …) }`.
    public func iterate<Page: Sendable, Item: Sendable>(
        _ items: @escaping @Sendable (Page) -> [Item],
        next: @escaping @Sendable (Page) -> String?,
        page: @escaping @Sendable (_ cursor: String?) async throws -> Page
    ) -> AsyncThrowingStream<Item, Error> {
        AsyncThrowingStream { stream in
            let task = Task {
                do {
                    var cursor: String?
                    repeat {
                        let from = cursor
                        let current = try await call { try await page(from) }
                        for item in items(current) {
                            stream.yield(item)
                        }
                        cursor = next(current)
                    } while cursor != nil
                    stream.finish()
                } catch {
                    stream.finish(throwing: error)
                }
            }
            stream.onTermination = { _ in task.cancel() }
        }
    }
}
