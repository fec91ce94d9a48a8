// Runs Baidu's own Node SDK against the sandbox. The SDK's code, its addresses
// and its token handling are as published; only its documented request
// interceptor leads the calls to another host, with the sandbox's certificate.
'use strict';
const fs = require('fs');
const {SANDBOX_URL, SANDBOX_CA, API_KEY, SECRET_KEY} = process.env;

const {face: AipFace, HttpClient} = require('baidu-aip-sdk');
const RequestInfo = require('baidu-aip-sdk/src/client/requestInfo');
const HttpClientJSON = require('baidu-aip-sdk/src/http/httpClientExt');

HttpClient.setRequestInterceptor((options) => {
  options.url = options.url.replace('https://aip.baidubce.com', SANDBOX_URL);
  options.ca = fs.readFileSync(SANDBOX_CA);
  delete (options.headers || {}).Host;
  return options;
});

const client = new AipFace('00000001', API_KEY, SECRET_KEY);
const post = (endpoint, params) => client.doRequest(
  new RequestInfo('/rpc/2.0/brain/solution/faceprint/' + endpoint, params, 'POST', false,
    {'Content-Type': 'application/json'}),
  new HttpClientJSON());

(async () => {
  const made = await post('verifyToken/generate', {plan_id: 1});
  const verify_token = made.result && made.result.verify_token;
  const submitted = await post('idcard/submit', {verify_token, id_name: '测试甲', id_no: '000000190001010000'});
  const detail = await post('result/detail', {verify_token});
  const token = client.devAccessToken || {};
  console.log(JSON.stringify({access_token: token.token, expires_in: token.expireTime, made, submitted, detail}));
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
