#!/bin/sh
# Formats an empty data folder once, then becomes the broker.
set -eu
configuration=/etc/modelbourse/server.properties
if [ ! -f /var/lib/kafka/data/log/meta.properties ]; then
  /opt/kafka/bin/kafka-storage.sh format --standalone --cluster-id "$(/opt/kafka/bin/kafka-storage.sh random-uuid)" --config "$configuration"
fi
exec /opt/kafka/bin/kafka-server-start.sh "$configuration"
