// The npm packages of this folder, for test scripts that live elsewhere in tests/.
export { WebSocket, WebSocketServer } from "ws";
export { chromium } from "playwright-core";
