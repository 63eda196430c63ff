package minilab.client

import java.io.OutputStream
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import minilab.client.apis.HistogramsApi
import minilab.client.apis.ImagesApi
import minilab.client.apis.JobsApi
import minilab.client.apis.ServiceApi
import minilab.client.apis.StatisticsApi
import minilab.client.apis.UploadsThroughLinksApi
import minilab.client.apis.UsersApi
import minilab.client.models.GpsPolicy
import minilab.client.models.ImageVariant
import minilab.client.models.Job
import minilab.client.models.JobEvent
import okhttp3.HttpUrl.Companion.toHttpUrl
import okhttp3.OkHttpClient
import retrofit2.Retrofit

/** The longest time that the service holds an answer, in seconds. */
private const val WAIT_SECONDS = 30

/**
 * A client of one service with one key: an API key, or the token of an upload link.
 *
 * It may be shared between coroutines and threads. Every call throws a [ProblemException] for an
 * answer that is not a success, and an [java.io.IOException] if there is no answer.
 *
 * @param baseUrl Address of the service, such as `https://photos.example`.
 * @param http Settings of the connections; the time to read is at least 45 seconds.
 * @param attempts Most attempts of [upload], [waitForJob], [followJob] and [download].
 */
class Minilab(
    baseUrl: String,
    key: String,
    http: OkHttpClient = OkHttpClient(),
    private val attempts: Int = 5,
) {
    init {
        // The errors of OkHttp would show it.
        require(key.isNotEmpty() && key.all { it in '!'..'~' }) {
            "a key or token is one line of printable ASCII, without spaces"
        }
    }

    private val base = "${baseUrl.trimEnd('/')}/".toHttpUrl()
    private val http = http.newBuilder()
        .readTimeout(maxOf(http.readTimeoutMillis.toLong(), 45_000).let { java.time.Duration.ofMillis(it) })
        .addInterceptor(Authorization(key))
        .addInterceptor(ProblemInterceptor)
        .build()
    private val retrofit = Retrofit.Builder()
        .baseUrl(base)
        .client(this.http)
        .addConverterFactory(JsonConverters)
        .build()

    val jobs: JobsApi = create(JobsApi::class.java)
    val images: ImagesApi = create(ImagesApi::class.java)
    val links: UploadsThroughLinksApi = create(UploadsThroughLinksApi::class.java)
    val users: UsersApi = create(UsersApi::class.java)
    val histograms: HistogramsApi = create(HistogramsApi::class.java)
    val statistics: StatisticsApi = create(StatisticsApi::class.java)
    val service: ServiceApi = create(ServiceApi::class.java)

    /** Makes the calls of another tag, such as `WebhooksApi::class.java`. */
    fun <T> create(api: Class<T>): T = retrofit.create(api)

    /**
     * Uploads files in one request, and repeats it after a failure that may pass.
     *
     * All attempts have the same [idempotencyKey], so that the service stores each file once.
     *
     * @throws IllegalArgumentException There is no file.
     */
    suspend fun upload(
        files: List<Upload>,
        operations: List<String>? = null,
        userId: String? = null,
        gps: GpsPolicy? = null,
        callbackUrl: String? = null,
        idempotencyKey: String = UUID.randomUUID().toString(),
    ): Job {
        require(files.isNotEmpty()) { "name at least one file to upload" }
        return retrying(attempts) {
            jobs.createJob(
                files = files.map(Upload::part),
                idempotencyKey = idempotencyKey,
                operations = operations?.joinToString(","),
                userId = userId,
                gps = gps,
                callbackUrl = callbackUrl,
            )
        }
    }

    /**
     * Waits until a job has ended.
     *
     * @throws kotlinx.coroutines.TimeoutCancellationException It has not ended after [atMost].
     */
    suspend fun waitForJob(jobId: String, atMost: Duration = 10.minutes, userId: String? = null): Job =
        withTimeout(atMost) {
            var job: Job
            do {
                job = retrying(attempts) { jobs.getJob(jobId, userId, prefer = "wait=$WAIT_SECONDS") }
            } while (job.finishedAt == null)
            job
        }

    /**
     * Follows a job: emits its state now and after each change, and completes when it has ended or
     * was deleted. A broken stream is continued.
     */
    fun followJob(jobId: String, userId: String? = null): Flow<JobEvent> {
        val url = base.newBuilder().addPathSegments("v1/jobs").addPathSegment(jobId)
            .addPathSegment("events")
            .apply { userId?.let { addQueryParameter("user_id", it) } }
            .build()
        return follow(http, url, attempts)
    }

    /** Writes a picture to [target], from memory of a few KiB. Returns the number of bytes. */
    suspend fun download(
        imageId: String,
        target: OutputStream,
        variant: ImageVariant = ImageVariant.ORIGINAL,
        userId: String? = null,
    ): Long {
        val content = retrying(attempts) { images.getImageContent(imageId, variant = variant, userId = userId) }
        return withContext(Dispatchers.IO) { content.use { it.byteStream().copyTo(target) } }
    }

    /**
     * Emits the items of all pages of a list, page by page as they are collected:
     * `iterate({ images.listImages(cursor = it) }, { items }, { nextCursor })`.
     */
    fun <Page, Item> iterate(
        page: suspend (cursor: String?) -> Page,
        items: Page.() -> List<Item>,
        nextCursor: Page.() -> String?,
    ): Flow<Item> = flow {
        var cursor: String? = null
        do {
            val current = retrying(attempts) { page(cursor) }
            current.items().forEach { emit(it) }
            cursor = current.nextCursor()
        } while (cursor != null)
    }
}
