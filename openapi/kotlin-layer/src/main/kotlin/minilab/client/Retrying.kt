package minilab.client

import java.io.IOException
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.delay

private val PASSING = setOf(408, 429, 502, 503, 504)
private val LONGEST = 30.seconds

/** Whether the same request may succeed later. */
val IOException.mayPass: Boolean get() = this !is ProblemException || status in PASSING

/** The pause after a failed attempt, the first of which is 0: longer each time, and never the same. */
internal fun IOException.pause(attempt: Int): Duration {
    val grown = minOf(LONGEST, 500.milliseconds * (1 shl minOf(attempt, 6))) * Random.nextDouble(0.5, 1.0)
    return maxOf(grown, (this as? ProblemException)?.retryAfter ?: Duration.ZERO)
}

/**
 * Repeats a call after failures that may pass. Only for calls that do nothing twice: reads, deletes,
 * and those with an `Idempotency-Key`.
 */
suspend fun <T> retrying(attempts: Int = 5, call: suspend () -> T): T {
    repeat(attempts - 1) { attempt ->
        try {
            return call()
        } catch (failure: IOException) {
            if (!failure.mayPass) throw failure
            delay(failure.pause(attempt))
        }
    }
    return call()
}
