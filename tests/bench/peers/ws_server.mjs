// The benchmark's server on Node and the package `ws`, written as its documentation shows it.
//
//   node ws_server.mjs PACKAGES PORT echo|broadcast|broadcast-except
//
// PACKAGES is a module that exports `WebSocketServer`.

const [packages, port, mode] = process.argv.slice(2);
const { WebSocketServer } = await import(packages);

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(port),
  perMessageDeflate: false,
  maxPayload: 64 * 1024 * 1024,
});

server.on("connection", (socket) => {
  socket.on("error", () => socket.terminate());
  socket.on("message", (data, isBinary) => {
    if (mode === "echo") {
      socket.send(data, { binary: isBinary });
      return;
    }
    for (const client of server.clients) {
      if (client !== socket || mode === "broadcast") client.send(data, { binary: isBinary });
    }
  });
});

server.on("listening", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`);
});

process.on("SIGTERM", () => process.exit(0));
