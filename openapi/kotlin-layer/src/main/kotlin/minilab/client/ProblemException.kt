package minilab.client

import java.io.IOException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.serialization.SerializationException
import minilab.client.models.ErrorCode
import minilab.client.models.Problem
import okhttp3.Interceptor
import okhttp3.Response

private const val TYPE = "urn:minilab:problem:"

/**
 * The service answered that it cannot do what was asked. Decide by [code], never by a text.
 *
 * @property retryAfter The time to wait before sending the request again, if the service names one.
 */
class ProblemException(val problem: Problem, val retryAfter: Duration?) :
    IOException("${problem.status} ${problem.type.removePrefix(TYPE)}: ${problem.detail}") {
    val status: Int get() = problem.status

    /** The stable code, also one that a later version has added. */
    val code: String get() = problem.type.removePrefix(TYPE)
}

internal class Authorization(private val key: String) : Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response =
        chain.proceed(chain.request().newBuilder().header("Authorization", "Bearer $key").build())
}

internal object ProblemInterceptor : Interceptor {
    private const val MOST_BYTES = 64L * 1024

    override fun intercept(chain: Interceptor.Chain): Response {
        val response = chain.proceed(chain.request())
        if (response.code < 400) return response
        response.use {
            val retryAfter = it.header("Retry-After")?.toIntOrNull()?.seconds
            throw ProblemException(read(it), retryAfter)
        }
    }

    private fun read(response: Response): Problem {
        val text = response.peekBody(MOST_BYTES).string()
        return try {
            json.decodeFromString(Problem.serializer(), text)
        } catch (_: SerializationException) {
            // Not from the service, but from a proxy in front of it.
            Problem(
                code = ErrorCode.UNKNOWN_DEFAULT_OPEN_API,
                detail = text,
                requestId = response.header("X-Request-ID").orEmpty(),
                status = response.code,
                title = response.message,
                type = "${TYPE}http_${response.code}",
            )
        }
    }
}
