#!/bin/bash
# Makes this container a node of the Ray cluster: `ray.sh head`, `ray.sh worker CPUS`, or `ray.sh beside COMMAND…`.
#
# A program reaches a Ray cluster through a node on its own host, so whoever starts jobs (`beside`) has one without CPUs. When either of the
# two ends, so does the container, and is started again.
set -euo pipefail

# The address of this container by which it reaches the head: other nodes call it so, and Ray's certificate has it.
own=$(python - "$RAY_ADDRESS" <<'END'
import socket
import sys

host, _, port = sys.argv[1].rpartition(":")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    probe.connect((host, int(port)))
    print(probe.getsockname()[0])
END
)
common=(--node-ip-address="$own" --disable-usage-stats --temp-dir=/tmp/ray --block)

case $1 in
  head)
    exec ray start --head --port="${RAY_ADDRESS##*:}" --num-cpus=0 --include-dashboard=false --object-store-memory=100000000 "${common[@]}"
    ;;
  worker)
    exec ray start --address="$RAY_ADDRESS" --num-cpus="$2" --object-store-memory=200000000 "${common[@]}"
    ;;
  beside)
    ray start --address="$RAY_ADDRESS" --num-cpus=0 --object-store-memory=100000000 "${common[@]}" &
    node=$!
    "${@:2}" &
    command=$!
    trap 'kill -TERM "$command" 2> /dev/null || true' TERM INT
    status=0
    wait -n "$node" "$command" || status=$?
    # The program ends first, in its own time, and its node after it.
    kill -TERM "$command" 2> /dev/null || true
    wait "$command" || status=$?
    kill -TERM "$node" 2> /dev/null || true
    exit "$status"
    ;;
  *)
    echo "usage: ray.sh head | worker CPUS | beside COMMAND…" >&2
    exit 2
    ;;
esac
