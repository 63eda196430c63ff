package minilab.client

import java.lang.reflect.Type
import kotlinx.serialization.json.Json
import kotlinx.serialization.serializer
import minilab.client.infrastructure.Serializer
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.RequestBody
import okhttp3.RequestBody.Companion.toRequestBody
import okhttp3.ResponseBody
import retrofit2.Converter
import retrofit2.Retrofit
import retrofit2.http.Part

private val JSON = "application/json".toMediaType()
private val TEXT = "text/plain".toMediaType()

/** Reads what later versions add, and does not write what was left out. */
internal val json = Json(Serializer.kotlinxSerializationJson) {
    ignoreUnknownKeys = true
    encodeDefaults = false
    explicitNulls = false
}

/** Bodies are JSON; fields of forms are texts. */
internal object JsonConverters : Converter.Factory() {
    override fun responseBodyConverter(
        type: Type,
        annotations: Array<out Annotation>,
        retrofit: Retrofit,
    ): Converter<ResponseBody, *> {
        if (type == String::class.java) return Converter<ResponseBody, String> { it.string() }
        val reader = json.serializersModule.serializer(type)
        return Converter<ResponseBody, Any> { body -> body.use { json.decodeFromString(reader, it.string()) } }
    }

    override fun requestBodyConverter(
        type: Type,
        parameterAnnotations: Array<out Annotation>,
        methodAnnotations: Array<out Annotation>,
        retrofit: Retrofit,
    ): Converter<*, RequestBody> {
        if (parameterAnnotations.any { it is Part }) {
            return Converter<Any, RequestBody> { it.toString().toRequestBody(TEXT) }
        }
        val writer = json.serializersModule.serializer(type)
        return Converter<Any, RequestBody> { json.encodeToString(writer, it).toRequestBody(JSON) }
    }
}
