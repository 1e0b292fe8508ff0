from django.urls import path

from memory.api.models import MemoryModelsView

urlpatterns = [
    path("memory-models/", MemoryModelsView.as_view(), name="memory-models"),
]
