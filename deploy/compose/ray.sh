#!/bin/bash
# Makes this container a node of the Ray cluster: `ray.sh head`, `ray.sh worker CPUS`, or `ray.sh beside COMMAND…`; `ray.sh health` looks at it.
#
# A program reaches a Ray cluster through a node on its own host, so whoever starts jobs (`beside`) has one without CPUs. When either of the
# two ends, so does the container, and is started again.
set -euo pipefail

if [ "$1" = health ]; then
  # The head may answer while this container's own node is gone.
  grep -qs '^raylet$' /proc/[0-9]*/comm
  exec ray health-check --address "$RAY_ADDRESS"
fi

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
# Ports of our own choice: a node that waits for what its agents choose gives up on a busy machine. Nobody reads a log by its driver here.
common=(
  --node-ip-address="$own" --disable-usage-stats --include-log-monitor=false --temp-dir=/tmp/ray --block
  --node-manager-port=6380 --object-manager-port=6381 --runtime-env-agent-port=6382
  --dashboard-agent-listen-port=6383 --dashboard-agent-grpc-port=6384 --metrics-export-port=6385
)

case $1 in
  head)
    exec ray start --head --port="${RAY_ADDRESS##*:}" --num-cpus=0 --no-monitor --include-dashboard=false \
      --object-store-memory=100000000 "${common[@]}"
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
    echo "usage: ray.sh head | worker CPUS | beside COMMAND… | health" >&2
    exit 2
    ;;
esac
