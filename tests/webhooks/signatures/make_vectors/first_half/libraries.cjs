// Whether a vendor's library takes a request: `node libraries.cjs FOLDER VENDOR`. FOLDER/node_modules has the library;
// standard input is {"now", "secret", "headers", "body"}. Exit code 0: it is taken.
const { mock } = require("node:test");

const [folder, vendor] = process.argv.slice(2);
const load = (name) => require(require.resolve(name, { paths: [folder] }));

const vendors = {
  linear({ secret, headers, body }) {
    const { LinearWebhookClient } = load("@linear/sdk/webhooks");
    return new LinearWebhookClient(secret).verify(Buffer.from(body), headers["Linear-Signature"]);
  },
  async shopify({ secret, headers, body }) {
    load("@shopify/shopify-api/adapters/node");
    const { shopifyApi } = load("@shopify/shopify-api");
    const app = { apiKey: "key", apiSecretKey: secret, hostName: "app.example", apiVersion: "2026-10", scopes: [] };
    const shopify = shopifyApi({ ...app, isEmbeddedApp: false, isCustomStoreApp: false, logger: { log() {} } });
    const rawRequest = { method: "POST", url: "/", headers };
    return (await shopify.webhooks.validate({ rawBody: body, rawRequest, rawResponse: {} })).valid;
  },
};

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const request = JSON.parse(Buffer.concat(chunks).toString());
  mock.timers.enable({ apis: ["Date"], now: request.now });
  process.exitCode = (await vendors[vendor](request)) ? 0 : 1;
}

main();
