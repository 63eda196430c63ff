"""Samples of each operation in curl, Python, TypeScript and Kotlin (``x-codeSamples``).

They speak HTTP without a client of this service; those have READMEs of their own.
"""

import json
from collections.abc import Callable
from typing import Any

from openapi.example_requests import (
    BodyKind,
    ExampleRequest,
    Secret,
    example_requests,
)

PICTURE = "picture"
ADDRESS = "http://127.0.0.1:8000"
Writer = Callable[[ExampleRequest], str]


def add_code_samples(document: dict[str, Any]) -> None:
    """Add the samples to every operation."""
    for operation, request in example_requests(document):
        operation["x-codeSamples"] = [
            {"lang": lang, "label": label, "source": write(request)}
            for lang, label, write in LANGUAGES
        ]


def write_curl(request: ExampleRequest) -> str:
    """Write a command for a shell."""
    lines = [f"curl {_url(request)}"]
    if request.method not in {"GET", "POST"} or (
        request.method == "POST" and request.kind is BodyKind.NONE
    ):
        method = "-I" if request.method == "HEAD" else f"-X {request.method}"
        lines[0] = f"curl {method} {_url(request)}"
    if request.secret is not Secret.NONE:
        lines.append(f'-H "Authorization: Bearer ${request.secret}"')
    lines += [f"-H '{one.name}: {one.value}'" for one in request.headers]
    if request.kind is BodyKind.JSON:
        text = json.dumps(request.body, ensure_ascii=False).replace("'", "'\\''")
        lines += ["-H 'Content-Type: application/json'", f"-d '{text}'"]
    if request.kind is BodyKind.FILE:
        lines += [f"-H 'Content-Type: {request.file_type}'", f"--data-binary @{request.files[0]}"]
    elif request.kind is BodyKind.FORM:
        lines += [f"-F files=@{name}" for name in request.files]
    if request.is_picture:
        lines.append(f"-o {PICTURE}")
    return " \\\n  ".join(lines)


def write_python(request: ExampleRequest) -> str:
    """Write a program for Python with httpx."""
    imports = ["import httpx"]
    headers, options = [], []
    if request.secret is not Secret.NONE:
        imports.insert(0, "import os\n")
        headers.append(
            f""" "Authorization": f"Bearer {{os.environ['{request.secret}']}}" """.strip()
        )
    headers += [f'"{one.name}": "{one.value}"' for one in request.headers]
    if request.kind is BodyKind.FILE:
        headers.append(f'"Content-Type": "{request.file_type}"')
        options.append(f'content=Path("{request.files[0]}").read_bytes(),')
    if headers:
        options.insert(0, f"headers={{{', '.join(headers)}}},")
    if request.kind is BodyKind.JSON:
        options.append(f"json={_indent(_python_literal(request.body), 4)},")
    if request.kind is BodyKind.FORM:
        parts = (f'("files", ("{n}", Path("{n}").read_bytes()))' for n in request.files)
        options.append(f"files=[{', '.join(parts)}],")
    if request.files or request.is_picture:
        imports.insert(
            0, "from pathlib import Path" if len(imports) > 1 else "from pathlib import Path\n"
        )
    body = "".join(f"    {option}\n" for option in options)
    call = f'httpx.request(\n    "{request.method}",\n    "{_url(request)}",\n{body})'
    shown = "print(response.text)"
    if request.is_picture:
        shown = f'Path("{PICTURE}").write_bytes(response.content)'
    lines = [*sorted(imports, key=lambda line: "httpx" in line), "", f"response = {call}"]
    return "\n".join([*lines, "response.raise_for_status()", shown, ""])


def write_typescript(request: ExampleRequest) -> str:
    """Write a program for TypeScript with fetch."""
    lines, options, headers = [], [], []
    if request.secret is not Secret.NONE:
        headers.append(f"Authorization: `Bearer ${{process.env.{request.secret}}}`")
    headers += [f"'{one.name}': '{one.value}'" for one in request.headers]
    if request.kind is BodyKind.JSON:
        headers.append("'Content-Type': 'application/json'")
    if request.kind is BodyKind.FILE:
        headers.append(f"'Content-Type': '{request.file_type}'")
        lines += ["import { readFile } from 'node:fs/promises';", ""]
        options.append(f"body: await readFile('{request.files[0]}'),")
    if request.kind is BodyKind.FORM:
        lines += ["import { openAsBlob } from 'node:fs';", "", "const form = new FormData();"]
        lines += [f"form.append('files', await openAsBlob('{n}'), '{n}');" for n in request.files]
    if request.method != "GET":
        options.append(f"method: '{request.method}',")
    if headers:
        options.append(f"headers: {{ {', '.join(headers)} }},")
    if request.kind is BodyKind.JSON:
        text = json.dumps(request.body, indent=2, ensure_ascii=False)
        options.append(f"body: JSON.stringify({_indent(text, 2)}),")
    if request.kind is BodyKind.FORM:
        options.append("body: form,")
    shown = "console.log(await response.text());"
    if request.is_picture:
        lines += ["import { writeFile } from 'node:fs/promises';", ""]
        shown = f"await writeFile('{PICTURE}', await response.bytes());"
    body = "".join(f"  {option}\n" for option in options)
    call = f"'{_url(request)}', {{\n{body}}}" if options else f"'{_url(request)}'"
    lines += [
        f"const response = await fetch({call});",
        "if (!response.ok) throw new Error(await response.text());",
        shown,
    ]
    return "\n".join(lines) + "\n"


def write_kotlin(request: ExampleRequest) -> str:
    """Write a program for Kotlin with OkHttp."""
    lines, body = ["import okhttp3.*"], ""
    if request.kind is BodyKind.JSON:
        lines += ["import okhttp3.MediaType.Companion.toMediaType"]
        lines += ["import okhttp3.RequestBody.Companion.toRequestBody"]
        text = _indent(json.dumps(request.body, indent=2, ensure_ascii=False), 4)
        text = text.replace("$", "${'$'}")
        lines += ["", f'val json = """\n    {text}\n""".trimIndent()']
        body = 'json.toRequestBody("application/json".toMediaType())'
    elif request.kind is BodyKind.FILE:
        lines += ["import okhttp3.MediaType.Companion.toMediaType"]
        lines += ["import okhttp3.RequestBody.Companion.asRequestBody", "import java.io.File"]
        body = f'File("{request.files[0]}").asRequestBody("{request.file_type}".toMediaType())'
    elif request.kind is BodyKind.FORM:
        lines += ["import okhttp3.RequestBody.Companion.asRequestBody", "import java.io.File", ""]
        parts = "".join(
            f'    .addFormDataPart("files", "{name}", File("{name}").asRequestBody())\n'
            for name in request.files
        )
        lines += [
            "val form = MultipartBody.Builder()",
            f"    .setType(MultipartBody.FORM)\n{parts}    .build()",
        ]
        body = "form"
    elif request.method in {"POST", "PUT", "PATCH"}:
        lines += ["import okhttp3.RequestBody.Companion.toRequestBody"]
        body = "ByteArray(0).toRequestBody()"
    shown = "println(response.body?.string())"
    if request.is_picture:
        lines += ["import java.io.File"]
        shown = f'File("{PICTURE}").writeBytes(response.body!!.bytes())'
    calls = [f'.url("{_url(request)}")']
    if request.secret is not Secret.NONE:
        calls.append(f'.header("Authorization", "Bearer ${{System.getenv("{request.secret}")}}")')
    calls += [f'.header("{one.name}", "{one.value}")' for one in request.headers]
    if request.method != "GET":
        calls.append(f".{request.method.lower()}({body})")
    chain = "".join(f"    {call}\n" for call in [*calls, ".build()"])
    lines += [
        "",
        f"val request = Request.Builder()\n{chain}",
        "OkHttpClient().newCall(request).execute().use { response ->",
        '    check(response.isSuccessful) { response.body?.string() ?: "" }',
        f"    {shown}",
        "}",
    ]
    return "\n".join(lines) + "\n"


LANGUAGES: tuple[tuple[str, str, Writer], ...] = (
    ("Shell", "curl", write_curl),
    ("Python", "Python", write_python),
    ("TypeScript", "TypeScript", write_typescript),
    ("Kotlin", "Kotlin", write_kotlin),
)


def _url(request: ExampleRequest) -> str:
    return ADDRESS + request.example_path + request.query_string


def _python_literal(value: Any) -> str:
    text = json.dumps(value, indent=4, ensure_ascii=False)
    for word, name in (("true", "True"), ("false", "False"), ("null", "None")):
        text = text.replace(f": {word}", f": {name}")
    return text


def _indent(text: str, spaces: int) -> str:
    return text.replace("\n", "\n" + " " * spaces)
