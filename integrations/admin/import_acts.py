"""Handing in an API's description in the browser: as files, as text or by its address."""

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest

from accounts.chrome.acts import Act
from accounts.chrome.forms import ActForm
from accounts.chrome.pages import caller_behind
from accounts.errors import Fault, Invalid
from integrations.api.import_bodies import read_files
from integrations.importing.begin import LONGEST_SLUG, begin_import
from integrations.models import ConnectorImport

LONGEST_PASTED = 600_000
"""Characters, each of three bytes at most: a form's text has to fit into a usual body. What is longer is a file."""


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        return [super(FilesField, self).clean(file, initial) for file in data or ()]


class ImportForm(ActForm):
    slug = forms.CharField(
        max_length=LONGEST_SLUG,
        help_text="What the connector is called; its tools' names begin with it. One of your own that there is already "
        "is brought up to date.",
        widget=forms.TextInput(attrs={"placeholder": "warehouse", "autocapitalize": "off", "spellcheck": "false"}),
    )
    url = forms.CharField(
        label="URL",
        required=False,
        max_length=2000,
        help_text="Where the vendor publishes its OpenAPI description (2.0, 3.0 or 3.1; JSON or YAML).",
        widget=forms.URLInput(attrs={"placeholder": "https://api.example.com/openapi.json"}),
    )
    # Django's forms have an attribute of this name; it takes declared fields out of the class first.
    files = FilesField(  # type: ignore[assignment]
        label="Or files",
        required=False,
        help_text="Up to 32 MB. If they refer to each other, choose all of them.",
        widget=FilesInput(attrs={"accept": ".json,.yaml,.yml"}),
    )
    document = forms.CharField(
        label="Or the text itself",
        required=False,
        strip=False,
        # No `max_length`: with that a browser cuts what is pasted, and says nothing.
        validators=[MaxLengthValidator(LONGEST_PASTED, "This is too long to be pasted. Hand it in as a file.")],
        widget=forms.Textarea(attrs={"class": "qm-code-input", "rows": 4, "spellcheck": "false"}),
    )
    main = forms.CharField(
        label="Main file",
        required=False,
        max_length=500,
        help_text="Only if several of your files call themselves a description.",
        widget=forms.TextInput(attrs={"placeholder": "openapi.yaml", "autocapitalize": "off"}),
    )
    sections = (("Several files", ("main",)),)
    folded = frozenset({"Several files"})


class ImportApi(Act):
    name, label, button, icon = "import", "Import an API", "Import", "upload_file"
    done = "The import is taken. A worker reads it now."
    form_class = ImportForm

    def explain(self, subject: None) -> str:
        return "Every operation that an OpenAPI description lists becomes an action, of which you make tools."

    def initial(self, request: HttpRequest, subject: None) -> dict[str, Any]:
        return {"slug": request.GET.get("slug", ""), "url": request.GET.get("url", "")}

    def form(self, request: HttpRequest, subject: None, data: Any = None) -> ActForm:
        if data is None:
            return ImportForm(initial=self.initial(request, subject))
        return ImportForm(data, request.FILES)

    def perform(self, request: HttpRequest, subject: None, values: dict[str, Any]) -> ConnectorImport:
        files = read_files(values["files"])
        if values["document"]:
            _refuse_both(files)
            files = {"document": values["document"].encode()}
        order = {"slug": values["slug"], "origin": values["url"], "files": files, "main": values["main"]}
        return begin_import(by=caller_behind(request), **order)


def _refuse_both(files: dict[str, bytes]) -> None:
    if files:
        raise Invalid(faults=[Fault("$.document", "Hand in files or a text, not both.")])
