"""The peers: each starts pinned, as fast as it can be set, and is gone when its block ends."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import cpp
from measure import free_port, process, tree, wait_for_port

HERE = pathlib.Path(__file__).resolve().parent

# Streams a client may open on one connection; more than any scenario does.
STREAMS = 1024


@contextlib.contextmanager
def folder():
    """A folder whose path is short enough for a unix socket in it."""
    with tempfile.TemporaryDirectory(prefix="m") as path:
        yield pathlib.Path(path)


@contextlib.contextmanager
def started(command, port, cpu):
    """The processes of a peer that listens on `port`."""
    with process(command, cpu=cpu) as running:
        wait_for_port(port)
        yield port, tree(running.pid)


def wait_for_socket(path, within=20):
    end = time.monotonic() + within
    while not path.is_socket():
        if time.monotonic() > end:
            raise SystemExit(f"bench: no socket at {path}")
        time.sleep(0.01)


# -- servers


@contextlib.contextmanager
def floor(cpu):
    """nghttp2 and the kernel with nothing above them: what no server built on nghttp2 can beat."""
    with folder() as at:
        subprocess.run(
            ["cc", "-O2", "-o", at / "floor", HERE / "floor.c", "-lnghttp2"], check=True)
        port = free_port()
        with started([at / "floor", port], port, cpu) as running:
            yield running


@contextlib.contextmanager
def grpcio(cpu):
    """grpcio's asyncio server, the one that Python users have."""
    port = free_port()
    with started([sys.executable, HERE / "grpcio_echo.py", port], port, cpu) as running:
        yield running


@contextlib.contextmanager
def grpcpp(cpu):
    """gRPC's C++ library with its callback API."""
    program = cpp.program("grpcpp_server")
    port = free_port()
    with started([program, f"127.0.0.1:{port}"], port, cpu) as running:
        yield running


# -- proxies; `upstream` is the path of a unix socket; with `tls` (certificates.Certificate) clients
#    come by TLS


@contextlib.contextmanager
def nghttpx(cpu, upstream, tls=None):
    port = free_port()
    with started(
            ["nghttpx", "--single-process", "--workers=1", "--no-ocsp", "--errorlog-file=/dev/null",
             "--conf=/dev/null", f"--frontend=127.0.0.1,{port}{'' if tls else ';no-tls'}",
             f"--frontend-http2-max-concurrent-streams={STREAMS}",
             f"--backend-http2-max-concurrent-streams={STREAMS}",
             f"--backend=unix:{upstream};;proto=h2",
             *([tls.key, tls.certificate] if tls else [])], port, cpu) as running:
        yield running


@contextlib.contextmanager
def haproxy(cpu, upstream, tls=None):
    port = free_port()
    with folder() as at:
        file = at / "haproxy.cfg"
        file.write_text(f"""
global
  nbthread 1
  maxconn 8000
  tune.h2.max-concurrent-streams {STREAMS}
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend ingress
  bind 127.0.0.1:{port} {f"ssl crt {tls.both} alpn h2" if tls else "proto h2"}
  default_backend replica
backend replica
  http-reuse always
  server replica unix@{upstream} proto h2
""")
        with started(["haproxy", "-f", file, "-db", "-q"], port, cpu) as running:
            yield running


@contextlib.contextmanager
def nginx(cpu, upstream, tls=None):
    port = free_port()
    with folder() as at:
        file = at / "nginx.conf"
        file.write_text(f"""
daemon off; user root; worker_processes 1; pid {at}/pid; error_log {at}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_max_body_size 0; client_body_temp_path {at}/b; proxy_temp_path {at}/p;
  fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;
  keepalive_requests 100000000;
  upstream replica {{ server unix:{upstream}; keepalive 1024; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} {f"ssl http2; ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate "
      f"{tls.certificate}; ssl_certificate_key {tls.key}" if tls else "http2"};
    http2_max_concurrent_streams {STREAMS};
    location / {{ grpc_pass grpc://replica; }}
  }}
}}""")
        with started(["nginx", "-c", file, "-p", at], port, cpu) as running:
            yield running


@contextlib.contextmanager
def envoy(cpu, upstream, tls=None):
    port = free_port()
    with folder() as at:
        file = at / "envoy.yaml"
        h2 = ("typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3."
              "HttpProtocolOptions: {\"@type\": type.googleapis.com/envoy.extensions.upstreams.http."
              f"v3.HttpProtocolOptions, explicit_http_config: {{http2_protocol_options: "
              f"{{max_concurrent_streams: {STREAMS}}}}}}}}}")
        secure = "" if tls is None else f"""
      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          common_tls_context:
            alpn_protocols: [h2]
            tls_certificates:
            - {{certificate_chain: {{filename: {tls.certificate}}}, private_key: {{filename: {tls.key}}}}}"""
        file.write_text(f"""
static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - {secure and secure.lstrip()}
      filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          codec_type: HTTP2
          stat_prefix: ingress
          http2_protocol_options: {{max_concurrent_streams: {STREAMS}}}
          route_config:
            virtual_hosts:
            - {{name: all, domains: ["*"], routes: [{{match: {{prefix: /}}, route: {{cluster: replica}}}}]}}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
  clusters:
  - name: replica
    {h2}
    load_assignment:
      cluster_name: replica
      endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{pipe: {{path: {upstream}}}}}}}}}]}}]
""")
        command = [pathlib.Path(sys.executable).parent / "envoy", "-c", file, "--concurrency", "1",
                   "--disable-hot-restart", "--log-level", "off"]
        with started(command, port, cpu) as running:
            yield running


def installed(*peers):
    """Those of the peers whose programs are on this machine, and a word about the others."""
    found = []
    for peer in peers:
        name = peer.__name__
        beside = pathlib.Path(sys.executable).parent / name
        if shutil.which(name) or os.access(beside, os.X_OK):
            found.append(peer)
        else:
            sys.stderr.write(f"bench: no {name} here, so it is not measured\n")
    return found
