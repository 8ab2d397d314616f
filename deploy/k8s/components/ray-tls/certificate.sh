#!/bin/sh
# Makes tls.crt, tls.key and ca.crt for this pod: Ray's nodes call each other by address, the head by the name of its service too.
set -eu
umask 077
to=${TLS_FOLDER:-/tls} authority=${CA_FOLDER:-/ca}
cat > "$to/request" <<END
[req]
distinguished_name = name
req_extensions = extensions
prompt = no
[name]
CN = modelbourse-ray
[extensions]
subjectAltName = IP:127.0.0.1,IP:$POD_IP,DNS:localhost,DNS:ray-head-svc,DNS:ray-head-svc.$POD_NAMESPACE.svc.cluster.local
extendedKeyUsage = serverAuth,clientAuth
END
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$to/tls.key" -out "$to/signing" -config "$to/request"
openssl x509 -req -in "$to/signing" -CA "$authority/tls.crt" -CAkey "$authority/tls.key" -set_serial "0x$(openssl rand -hex 16)" -days 365 \
  -extfile "$to/request" -extensions extensions -out "$to/tls.crt"
cp "$authority/tls.crt" "$to/ca.crt"
rm "$to/request" "$to/signing"
