#!/bin/sh
# Makes the secrets of the try-out in ./secrets, once: what is there stays. Each is of this cluster alone, and git passes them over.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
secret() { openssl rand -base64 48 | tr -d '\n/+='; }
[ -e secrets/gateway.env ] || printf 'GATEWAY_JWT_KEYS=dev:%s\n' "$(secret)" > secrets/gateway.env
[ -e secrets/gateway-metrics.env ] || printf 'GATEWAY_METRICS_TOKEN=%s\n' "$(secret)" > secrets/gateway-metrics.env
[ -e secrets/minio.env ] || printf 'MINIO_ROOT_USER=modelbourse\nMINIO_ROOT_PASSWORD=%s\n' "$(secret)" > secrets/minio.env
. ./secrets/minio.env
printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" > secrets/credentials
