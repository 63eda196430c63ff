// Run by `make clients`; prints a word for each thing that it has seen to work.
import java.io.ByteArrayOutputStream
import java.io.File
import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import minilab.client.Minilab
import minilab.client.ProblemException
import minilab.client.Upload
import minilab.client.infrastructure.Serializer
import minilab.client.isLast
import minilab.client.models.ErrorCode
import minilab.client.models.Job
import minilab.client.models.Status
import okhttp3.Interceptor
import okhttp3.OkHttpClient
import okhttp3.Response
import okio.IOException

/** Loses the answer to the first upload, as a bad network does. */
class LossyNetwork : Interceptor {
    val uploads = AtomicInteger()

    override fun intercept(chain: Interceptor.Chain): Response {
        val response = chain.proceed(chain.request())
        if (chain.request().method == "POST" && uploads.incrementAndGet() == 1) {
            response.close()
            throw IOException("the answer was lost")
        }
        return response
    }
}

fun main(arguments: Array<String>) = runBlocking {
    val (url, key, picture, document) = arguments
    val file = File(picture)
    val network = LossyNetwork()
    val minilab = Minilab(url, key, OkHttpClient.Builder().addInterceptor(network).build())

    val files = listOf(Upload("one.jpg") { file.inputStream() }, Upload("two.txt", "no picture".toByteArray()))
    val ticket = minilab.upload(files, userId = "kotlin")
    check(ticket.items.size == 2 && network.uploads.get() == 2)
    println("uploads")

    val events = minilab.followJob(ticket.id).toList()
    check(events.last().isLast && events.all { it.id == ticket.id })
    println("follows")

    val job = minilab.waitForJob(ticket.id)
    check(job.status == Status.PARTIAL && job.items.last().error?.code == ErrorCode.UNSUPPORTED_FORMAT) { job }
    println("polls")

    val imageId = checkNotNull(job.items.first().imageId)
    val content = ByteArrayOutputStream()
    minilab.download(imageId, content)
    check(content.toByteArray().contentEquals(file.readBytes()))
    val found = minilab.iterate({ minilab.images.listImages(userId = "kotlin", limit = 1, cursor = it) }, { items }, { nextCursor })
    check(found.first().id == imageId)
    println("fetches")

    val unknown = Serializer.kotlinxSerializationJson.decodeFromString(Job.serializer(), File(document).readText())
    check(unknown.status == Status.UNKNOWN_DEFAULT_OPEN_API)
    println("unknown")

    try {
        minilab.images.getImage("none")
        error("an image that does not exist was found")
    } catch (missing: ProblemException) {
        check(missing.code == "not_found" && missing.status == 404)
    }
    // Mistakes of a caller are told before anything is sent, and the key is not shown.
    val mistakes = listOf(runCatching { Minilab(url, "schlüssel") }, runCatching { minilab.upload(emptyList()) })
    check(mistakes.all { it.exceptionOrNull() is IllegalArgumentException && "schl" !in "${it.exceptionOrNull()}" })
    println("problems")
}
