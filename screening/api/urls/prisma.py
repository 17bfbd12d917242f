from django.urls import path

from screening.api.prisma import PrismaView

urlpatterns = [path("prisma/", PrismaView.as_view(), name="prisma")]
