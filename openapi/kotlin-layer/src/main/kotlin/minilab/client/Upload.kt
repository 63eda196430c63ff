package minilab.client

import java.io.File
import java.io.InputStream
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.MultipartBody
import okhttp3.RequestBody
import okio.BufferedSink
import okio.source

private val BYTES = "application/octet-stream".toMediaType()

/**
 * A file to upload.
 *
 * On Android: `Upload("photo.jpg") { contentResolver.openInputStream(uri)!! }`.
 *
 * @param size Number of bytes, or -1 if it is not known.
 * @param open Opens the file at its beginning; called once for each attempt.
 */
class Upload(val filename: String, val size: Long = -1, private val open: () -> InputStream) {
    constructor(file: File) : this(file.name, file.length(), file::inputStream)

    constructor(filename: String, bytes: ByteArray) : this(filename, bytes.size.toLong(), bytes::inputStream)

    /** The part of the form, for the generated calls. */
    fun part(): MultipartBody.Part = MultipartBody.Part.createFormData("files", filename, Body())

    private inner class Body : RequestBody() {
        override fun contentType() = BYTES

        override fun contentLength() = size

        override fun writeTo(sink: BufferedSink) {
            open().source().use(sink::writeAll)
        }
    }
}
