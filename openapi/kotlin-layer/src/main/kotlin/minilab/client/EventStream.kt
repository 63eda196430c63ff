package minilab.client

import java.io.IOException
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.launch
import minilab.client.models.JobEvent
import okhttp3.HttpUrl
import okhttp3.OkHttpClient
import okhttp3.Request
import okio.BufferedSource

/** Whether no event follows: the job has ended, was deleted or has expired. */
val JobEvent.isLast: Boolean get() = code != null || finishedAt != null

internal fun follow(http: OkHttpClient, url: HttpUrl, attempts: Int): Flow<JobEvent> = channelFlow {
    var last: String? = null
    var failures = 0
    while (true) {
        try {
            val ended = connect(http, url, last) { id, event ->
                last = id ?: last
                failures = 0
                send(event)
            }
            if (ended) return@channelFlow
            delay(1.seconds)
        } catch (failure: IOException) {
            if (!failure.mayPass || ++failures >= attempts) throw failure
            delay(failure.pause(failures - 1))
        }
    }
}.flowOn(Dispatchers.IO)

/** Reads one stream to its end. Returns whether the last event has come. */
private suspend fun connect(
    http: OkHttpClient,
    url: HttpUrl,
    last: String?,
    take: suspend (id: String?, event: JobEvent) -> Unit,
): Boolean = coroutineScope {
    val request = Request.Builder().url(url).header("Accept", "text/event-stream")
    last?.let { request.header("Last-Event-ID", it) }
    val call = http.newCall(request.build())
    // Ends a read that waits when the collector goes.
    val guard = launch(start = CoroutineStart.UNDISPATCHED) {
        try {
            awaitCancellation()
        } finally {
            call.cancel()
        }
    }
    val ended = call.execute().use { response ->
        if (response.code == 204) true else readEvents(response.body.source(), take)
    }
    guard.cancel()
    ended
}

private suspend fun readEvents(
    source: BufferedSource,
    take: suspend (id: String?, event: JobEvent) -> Unit,
): Boolean {
    var id: String? = null
    val data = StringBuilder()
    while (true) {
        val line = source.readUtf8Line() ?: return false
        val value = line.substringAfter(':', "").removePrefix(" ")
        when {
            line.isNotEmpty() -> when (line.substringBefore(':')) {
                "id" -> id = value
                "data" -> data.append(value).append('\n')
            }
            data.isNotEmpty() -> {
                val event = json.decodeFromString(JobEvent.serializer(), data.toString())
                data.clear()
                take(id, event)
                if (event.isLast) return true
            }
        }
    }
}
