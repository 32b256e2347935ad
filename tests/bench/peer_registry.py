"""A schema registry for the peers' Avro converter: what Apicurio's client (REST v2) asks for when a
connector starts.  It lives in the bench's own process; nothing is asked while rows flow."""

import http.server
import json
import threading


class Registry:
    """Schemas by number, in memory."""

    def __init__(self):
        self.schemas = []
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request."""

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                name = self.headers.get("X-Registry-ArtifactId") or "artifact"
                self.answer(registry.described(registry.number(body), name))

            do_PUT = do_POST

            def do_GET(self):
                path = self.path.partition("?")[0].split("/")
                if path[-1] == "references":
                    self.answer([])
                elif "globalIds" in path or "contentIds" in path:
                    self.send(200, registry.schemas[int(path[-1]) - 1])
                else:
                    self.answer({"error_code": 404, "message": "no such artifact",
                                 "name": "ArtifactNotFoundException"}, 404)

            def answer(self, value, status=200):
                self.send(status, json.dumps(value).encode())

            def send(self, status, body):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return "http://127.0.0.1:%d/apis/registry/v2" % self.server.server_address[1]

    def number(self, schema):
        with self.lock:
            if schema not in self.schemas:
                self.schemas.append(schema)
            return self.schemas.index(schema) + 1

    @staticmethod
    def described(number, name):
        return {"id": name, "groupId": "default", "version": str(number), "type": "AVRO",
                "globalId": number, "contentId": number, "state": "ENABLED",
                "createdOn": "2026-01-01T00:00:00+0000", "modifiedOn": "2026-01-01T00:00:00+0000"}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
