# One image for pages and workers; docker-compose.yml says which command each runs.
FROM python:3.12-slim AS build

WORKDIR /build
RUN python -m venv /opt/reviewtool
ENV PATH="/opt/reviewtool/bin:$PATH" PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# The dependencies first: they change less often than the code.
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY reviewtool reviewtool
COPY screening screening
COPY extraction extraction
COPY seeds seeds
RUN pip install --constraint constraints.txt .


FROM python:3.12-slim

RUN useradd --system --uid 10001 --create-home reviewtool \
    && mkdir --parents /data /srv/static \
    && chown reviewtool:reviewtool /data /srv/static
COPY --from=build /opt/reviewtool /opt/reviewtool

ENV PATH="/opt/reviewtool/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    REVIEWTOOL_DATA=/data \
    REVIEWTOOL_PRODUCTION=1 \
    STATIC_ROOT=/srv/static

WORKDIR /data
USER reviewtool

# Collecting reads the settings, which want a secret; this one signs nothing and is not kept.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    reviewtool collectstatic --noinput --verbosity 0

VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=8s --start-period=60s --retries=4 \
    CMD ["python", "-m", "reviewtool.supervision.probe"]
CMD ["gunicorn", "reviewtool.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--timeout", "120", "--access-logfile", "-"]
