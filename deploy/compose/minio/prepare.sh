#!/bin/sh
# Makes the bucket and the user that services and Ray's workers come as; later starts give the user the password that the secrets hold now.
set -eu
export MC_CONFIG_DIR=/tmp/mc
mkdir -p "$MC_CONFIG_DIR/certs/CAs"
cp /run/secrets/ca.crt "$MC_CONFIG_DIR/certs/CAs/"
mc alias set --quiet store https://minio:9000 administrator "$(cat /run/secrets/minio-root)" > /dev/null
mc mb --quiet --ignore-existing store/artifacts
mc admin user add store artifacts "$(cat /run/secrets/minio-artifacts)" > /dev/null
mc admin policy create store artifacts /etc/modelbourse/policy.json > /dev/null
# An error where the user has the policy already; the next line shows whether it does.
mc admin policy attach store artifacts --user artifacts > /dev/null 2>&1 || true
mc alias set --quiet own https://minio:9000 artifacts "$(cat /run/secrets/minio-artifacts)" > /dev/null
mc ls --quiet own/artifacts > /dev/null
echo "the bucket 'artifacts' and its user are there"
