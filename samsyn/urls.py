"""Every address of Samsyn."""

from django.urls import path

urlpatterns: list[object] = []
