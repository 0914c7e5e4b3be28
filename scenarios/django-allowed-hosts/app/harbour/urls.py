from django.contrib.auth import get_user_model
from django.http import JsonResponse
from django.urls import path


def health(request):
    return JsonResponse({"users": get_user_model().objects.count()})


urlpatterns = [path("health/", health)]
