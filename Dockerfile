# One image for `feedgate serve` and `feedgate work`; data lives in the volume /data.
FROM python:3.11-slim-bookworm AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md CHANGELOG.md ./
COPY app app
COPY xsd xsd
COPY migrations migrations
RUN python -m venv /opt/feedgate \
    && /opt/feedgate/bin/pip install --no-cache-dir --constraint constraints.txt '.[postgres,sqs,s3,otel]'

FROM python:3.11-slim-bookworm
RUN useradd --system --home-dir /data feedgate && install -d -o feedgate /data
COPY --from=build /opt/feedgate /opt/feedgate
ENV PATH=/opt/feedgate/bin:$PATH FEEDGATE_HOME=/data FEEDGATE_HOST=0.0.0.0
USER feedgate
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["feedgate"]
CMD ["serve"]
