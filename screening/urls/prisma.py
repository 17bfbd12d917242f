from django.urls import path

from screening.views import prisma

urlpatterns = [
    path("prisma/", prisma.show, name="prisma"),
    path("prisma/box/", prisma.show_box, name="prisma_box"),
    path("prisma/download/<slug:format>/", prisma.download, name="prisma_download"),
]
