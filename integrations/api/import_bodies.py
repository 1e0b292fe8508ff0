"""How descriptions come in: as JSON that holds their text, or as the files of a form; larger than any other body."""

from collections.abc import Mapping
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.parsers import DataAndFiles, MultiPartParser

from accounts.api.parsing import StrictJSONParser
from accounts.api.serializers import KnownFieldsSerializer, StrictSerializer
from accounts.errors import Fault, Invalid, TooLarge
from integrations.api.texts import TextsField
from integrations.documents import LARGEST_BODY_BYTES

FILES = "files"


class ImportJSONParser(StrictJSONParser):
    def most_bytes(self) -> int:
        return LARGEST_BODY_BYTES


class ImportFormParser(MultiPartParser):
    """Fields are texts; files may be many, all of them in `files`."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> "DataAndFiles[Any, Any]":
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH", "")
        if length.isdigit() and int(length) > LARGEST_BODY_BYTES:
            raise TooLarge(f"The body is larger than {LARGEST_BODY_BYTES} bytes. Send less.")
        return super().parse(stream, media_type, parser_context)


class ImportRequestSerializer(StrictSerializer):
    """What to import; one of `url`, `document` and `files`, or `url` with either where these came from there."""

    slug = serializers.CharField(max_length=64, help_text="What the connector is called from now on.")
    url = serializers.CharField(max_length=2000, default="", help_text="Of an OpenAPI description.")
    document = serializers.CharField(
        default="", trim_whitespace=False, help_text="The description itself, as JSON or YAML, in a string."
    )
    files = TextsField(
        default=dict, help_text="Several files by name, each in a string; what one refers to is looked for here first."
    )
    main = serializers.CharField(
        max_length=500, default="", help_text="Which of the files is the description; left out: the one that says so."
    )


class ImportFormSerializer(KnownFieldsSerializer):
    """The same as a form: its `files` are files, one or more."""

    slug = serializers.CharField(max_length=64)
    url = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    main = serializers.CharField(max_length=500, required=False, allow_blank=True)
    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True), required=False)


def read_order(body: Any) -> dict[str, Any]:
    """What `begin_import` takes: `slug`, `origin`, `files` by name, `main`. Raises Invalid with every fault."""
    if isinstance(body, QueryDict):
        return _of_form(body)
    wanted = ImportRequestSerializer.read(body)
    files = {name: text.encode() for name, text in wanted["files"].items()}
    if wanted["document"]:
        files.setdefault("document", wanted["document"].encode())
    return {"slug": wanted["slug"], "origin": wanted["url"], "files": files, "main": wanted["main"]}


def _of_form(body: QueryDict) -> dict[str, Any]:
    repeated = [name for name, values in body.lists() if len(values) > 1 and name != FILES]
    if repeated:
        raise Invalid(faults=[Fault(f"$.{name}", "This is given more than once. Give it once.") for name in repeated])
    given = {name: body.getlist(name) if name == FILES else body[name] for name in body}
    serializer = ImportFormSerializer(data=given)
    serializer.is_valid(raise_exception=True)
    wanted = serializer.validated_data
    files = read_files(wanted.get(FILES, []))
    return {"slug": wanted["slug"], "origin": wanted.get("url", ""), "files": files, "main": wanted.get("main", "")}


def read_files(uploaded: list[UploadedFile]) -> dict[str, bytes]:
    """By name. Raises Invalid for two of one name."""
    files = {str(file.name): file.read() for file in uploaded}
    if len(files) < len(uploaded):
        sentence = "Two of these files have one name. Send them as JSON, where a name may hold a path."
        raise Invalid(faults=[Fault(f"$.{FILES}", sentence)])
    return files
