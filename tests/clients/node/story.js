// What an integration does with a published client, from the first feed to the orders.
//
// Reads one JSON object from standard input: client, scheme, host, port, accessKey,
// secret, sellerId, authToken, feeds [{type, document}], orders [ids]. Writes one JSON
// object to standard output: for each step, what the client handed over.
'use strict';

const { readFileSync } = require('fs');
const http = require('http');
const https = require('https');
const { setTimeout: pause } = require('timers/promises');

// Observed with amazon-mws 0.0.27: it sends a body when its socket connects, which one
// that is used again never does. Node keeps connections from version 19 on.
http.globalAgent = new http.Agent({ keepAlive: false });
https.globalAgent = new https.Agent({ keepAlive: false });

const FEEDS = { path: '/Feeds/2009-01-01', section: 'feeds', version: '2009-01-01' };
const ORDERS = { path: '/Orders/2013-09-01', section: 'orders', version: '2013-09-01' };

// Each client as one function: (section, action, parameters, feed) => Promise of what
// it parsed. A refusal is handed over too, as { refused: ... }.
const CLIENTS = {
  'amazon-mws': (given) => {
    const client = require('amazon-mws')(given.accessKey, given.secret);
    client.setHost(given.host, given.port, given.scheme);
    return async (section, action, parameters, feed) => {
      const query = {
        Version: section.version,
        Action: action,
        SellerId: given.sellerId,
        MWSAuthToken: given.authToken,
        ...parameters,
        ...(feed && { FeedContent: feed }),
      };
      const method = feed ? 'submit' : 'search';
      try {
        return await client[section.section][method](query);
      } catch (error) {
        const { Code, Type } = error.OriginalError || {};
        return { refused: { status: error.StatusCode, Code, Type, text: String(error) } };
      }
    };
  },
  'mws-simple': (given) => {
    const client = require('mws-simple')({
      accessKeyId: given.accessKey,
      secretAccessKey: given.secret,
      merchantId: given.sellerId,
      host: given.host,
      port: given.port,
    });
    return (section, action, parameters, feed) =>
      new Promise((resolve, reject) => {
        const query = {
          Action: action,
          Version: section.version,
          MWSAuthToken: given.authToken,
          ...parameters,
        };
        const path = section === ORDERS ? ORDERS.path : '/';
        client.request({ path, query, feedContent: feed }, (error, parsed) =>
          error ? reject(error) : resolve(parsed)
        );
      });
  },
};

// The first text of an element of that name, wherever the client put it.
function first(found, name) {
  if (found === null || typeof found !== 'object') return undefined;
  if (name in found) return [].concat(found[name])[0];
  for (const each of Object.values(found)) {
    const inside = first(each, name);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

async function done(call, feedSubmissionId) {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const listed = await call(FEEDS, 'GetFeedSubmissionList', {
      'FeedSubmissionIdList.Id.1': feedSubmissionId,
    });
    if (first(listed, 'FeedProcessingStatus') === '_DONE_') return listed;
    await pause(50);
  }
  throw new Error(`feed ${feedSubmissionId} was never done`);
}

async function story(given) {
  const call = CLIENTS[given.client](given);
  const told = { submitted: [], listed: [], reports: [] };
  for (const { type, document } of given.feeds) {
    const answer = await call(FEEDS, 'SubmitFeed', { FeedType: type }, document);
    const FeedSubmissionId = first(answer, 'FeedSubmissionId');
    told.submitted.push(answer);
    told.listed.push(await done(call, FeedSubmissionId));
    told.reports.push(await call(FEEDS, 'GetFeedSubmissionResult', { FeedSubmissionId }));
  }
  told.firstPage = await call(FEEDS, 'GetFeedSubmissionList', { MaxCount: '2' });
  const NextToken = first(told.firstPage, 'NextToken');
  told.lastPage = await call(FEEDS, 'GetFeedSubmissionListByNextToken', { NextToken });
  const ids = given.orders.map((id, index) => [`AmazonOrderId.Id.${index + 1}`, id]);
  told.orders = await call(ORDERS, 'GetOrder', Object.fromEntries(ids));
  const [AmazonOrderId] = given.orders;
  told.items = await call(ORDERS, 'ListOrderItems', { AmazonOrderId });
  told.refused = await call(FEEDS, 'GetFeedSubmissionResult', {
    FeedSubmissionId: '50000099999',
  });
  const stranger = CLIENTS[given.client]({ ...given, secret: 'wrong' });
  told.stranger = await stranger(FEEDS, 'GetFeedSubmissionCount', {});
  return told;
}

story(JSON.parse(readFileSync(0, 'utf8'))).then(
  (told) => process.stdout.write(JSON.stringify(told)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  }
);
