// What an integration with the Selling Partner API does with a published client.
//
// Reads one JSON object from standard input: client, url, clientId, clientSecret,
// refreshToken, expired (an address), feeds [{type, document}]. Writes one JSON object
// to standard output: for each step, what the client handed over.
'use strict';

const { readFileSync } = require('fs');
const https = require('https');
const tls = require('tls');
const { setTimeout: pause } = require('timers/promises');

const CONTENT_TYPE = 'text/xml; charset=UTF-8';
const MARKETPLACES = ['ATVPDKIKX0DER'];

// Takes every connection to the service, whatever host and port a client means by it:
// amazon-sp-api has the hosts of Amazon and port 443 written in, and an option for an
// agent.
class ToService extends https.Agent {
  constructor(url) {
    super({ keepAlive: false });
    this.target = new URL(url);
  }

  createConnection(options, callback) {
    const { hostname, port } = this.target;
    // The certificate must be of the host that the client means; addresses have no SNI.
    const named = /^[0-9.]+$/.test(options.host) ? {} : { servername: options.host };
    return tls.connect({ ...options, ...named, host: hostname, port }, callback);
  }
}

// Each client as the steps of a feed. A refusal is thrown.
const CLIENTS = {
  'amazon-sp-api': (given) => {
    const { SellingPartner } = require('amazon-sp-api');
    const client = new SellingPartner({
      region: 'na',
      refresh_token: given.refreshToken,
      credentials: {
        SELLING_PARTNER_APP_CLIENT_ID: given.clientId,
        SELLING_PARTNER_APP_CLIENT_SECRET: given.clientSecret,
      },
      options: { https_proxy_agent: new ToService(given.url) },
    });
    const call = (operation, { path, query, body } = {}) =>
      client.callAPI({ operation, endpoint: 'feeds', path, query, body });
    return {
      createDocument: (contentType) =>
        call('createFeedDocument', { body: { contentType } }),
      upload: (details, content, contentType) =>
        client.upload(details, { content, contentType }),
      createFeed: (body) => call('createFeed', { body }),
      getFeed: (feedId) => call('getFeed', { path: { feedId } }),
      getFeeds: (query) => call('getFeeds', { query }),
      cancelFeed: (feedId) => call('cancelFeed', { path: { feedId } }),
      getDocument: (feedDocumentId) =>
        call('getFeedDocument', { path: { feedDocumentId } }),
      download: (details) => client.download(details),
      refusal: (error) => ({ code: error.code, text: `${error.message} ${error.details}` }),
    };
  },
  '@sp-api-sdk': (given) => {
    const { sellingPartnerRegions } = require('@sp-api-sdk/common');
    const { FeedsApiClient } = require('@sp-api-sdk/feeds-api-2021-06-30');
    sellingPartnerRegions.na.endpoints.production = given.url;
    const auth = { getAccessToken: () => token(given) };
    const client = new FeedsApiClient({ auth, region: 'na' });
    const data = (answer) => answer.data;
    return {
      createDocument: (contentType) =>
        client.createFeedDocument({ body: { contentType } }).then(data),
      upload: (details, content, contentType) => put(details.url, content, contentType),
      createFeed: (body) => client.createFeed({ body }).then(data),
      getFeed: (feedId) => client.getFeed({ feedId }).then(data),
      getFeeds: (query) => client.getFeeds(query).then(data),
      cancelFeed: (feedId) => client.cancelFeed({ feedId }).then(data),
      getDocument: (feedDocumentId) =>
        client.getFeedDocument({ feedDocumentId }).then(data),
      download: async (details) => (await fetch(details.url)).text(),
      refusal: (error) => {
        const answer = error.response?.data || error.cause?.response?.data || {};
        const [first = {}] = answer.errors || [];
        const code = first.code || answer.error || error.code;
        return { code, text: `${error.message} ${first.details}` };
      },
    };
  },
};

// This client has no upload, and its auth package only one token URL: plain requests.
async function token(given) {
  const answer = await fetch(`${given.url}/auth/o2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'refresh_token',
      refresh_token: given.refreshToken,
      client_id: given.clientId,
      client_secret: given.clientSecret,
    }),
  });
  const body = await answer.json();
  if (body.error) throw Object.assign(new Error(body.error_description), { code: body.error });
  return body.access_token;
}

async function put(url, body, contentType) {
  const headers = { 'content-type': contentType };
  const answer = await fetch(url, { method: 'PUT', headers, body });
  const text = await answer.text();
  const code = /<Code>(.*?)<\/Code>/.exec(text);
  if (answer.status !== 200) throw Object.assign(new Error(text), { code: code && code[1] });
  return { success: true };
}

async function done(client, feedId) {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const feed = await client.getFeed(feedId);
    if (feed.processingStatus === 'DONE') return feed;
    await pause(50);
  }
  throw new Error(`feed ${feedId} was never done`);
}

async function refused(client, step) {
  try {
    return { accepted: await step() };
  } catch (error) {
    return client.refusal(error);
  }
}

async function story(given) {
  const client = CLIENTS[given.client](given);
  const told = { feeds: [], reports: [] };
  for (const { type, document } of given.feeds) {
    const details = await client.createDocument(CONTENT_TYPE);
    await client.upload(details, document, CONTENT_TYPE);
    const { feedId } = await client.createFeed({
      feedType: type,
      marketplaceIds: MARKETPLACES,
      inputFeedDocumentId: details.feedDocumentId,
    });
    const feed = await done(client, feedId);
    told.feeds.push(feed);
    const result = await client.getDocument(feed.resultFeedDocumentId);
    told.reports.push(await client.download(result));
  }
  const feedTypes = given.feeds.map(({ type }) => type);
  told.firstPage = await client.getFeeds({ feedTypes, pageSize: 2 });
  const { nextToken } = told.firstPage;
  told.lastPage = await client.getFeeds({ nextToken });
  told.unknown = await refused(client, () => client.getFeed('50000099999'));
  told.late = await refused(client, () => client.cancelFeed(told.feeds[0].feedId));
  told.expired = await refused(client, () =>
    client.upload({ url: given.expired }, '<x/>', CONTENT_TYPE)
  );
  const details = await client.createDocument(CONTENT_TYPE);
  told.mismatch = await refused(client, () => client.upload(details, '<x/>', 'text/xml'));
  const stranger = CLIENTS[given.client]({ ...given, clientSecret: 'wrong' });
  told.stranger = await refused(stranger, () => stranger.getFeed('50000000001'));
  return told;
}

story(JSON.parse(readFileSync(0, 'utf8'))).then(
  (told) => process.stdout.write(JSON.stringify(told)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  }
);
