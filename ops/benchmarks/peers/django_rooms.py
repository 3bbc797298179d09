"""Django REST Framework: a model, a serializer, and a view; connections are kept."""

import os

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["PGDATABASE"],
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=["rest_framework"],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
    ROOT_URLCONF=__name__,
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - Django must be set up first
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import generics, serializers  # noqa: E402


class Room(models.Model):
    """A room."""

    code = models.UUIDField(unique=True)
    size = models.IntegerField()
    price = models.BigIntegerField()
    longitude = models.FloatField()
    latitude = models.FloatField()

    class Meta:
        """The table exists."""

        app_label = "rooms"
        db_table = "room"
        managed = False

    def __str__(self) -> str:
        return str(self.code)


class RoomSerializer(serializers.ModelSerializer):
    """A room as JSON."""

    class Meta:
        """All fields but the primary key."""

        model = Room
        fields = ("code", "size", "price", "longitude", "latitude")


class SearchSerializer(serializers.Serializer):
    """The parameters of a search."""

    filter_price__gte = serializers.IntegerField(default=0)
    limit = serializers.IntegerField(default=100, min_value=1, max_value=1000)


class RoomList(generics.ListAPIView):
    """Searches rooms by price."""

    serializer_class = RoomSerializer

    def get_queryset(self) -> models.QuerySet[Room]:
        """Select a page of rooms."""
        search = SearchSerializer(data=self.request.query_params)
        search.is_valid(raise_exception=True)
        least, limit = search.validated_data["filter_price__gte"], search.validated_data["limit"]
        return Room.objects.filter(price__gte=least).order_by("price", "code")[:limit]


urlpatterns = [path("rooms", RoomList.as_view())]
app = get_wsgi_application()
