-- The ceiling: a look-up of a hashed key in memory that all workers share, in nginx. No objects, no other location, no
-- revocation that anybody acknowledges; what a gateway costs that keeps its keys in its own memory.
local ffi = require 'ffi'
ffi.cdef [[ unsigned char *SHA256(const unsigned char *d, size_t n, unsigned char *md); ]]
local crypto = ffi.load 'crypto'
local digest = ffi.new 'unsigned char[32]'

local M = {}

local function hash(text)
  crypto.SHA256(text, #text, digest)
  return ffi.string(digest, 32)
end

function M.put()
  ngx.req.read_body()
  ngx.shared.keys:set(hash(ngx.var.arg_key), ngx.req.get_body_data())
  ngx.status = 204
end

function M.verify()
  local token = (ngx.var.http_authorization or ''):match '^Bearer (.+)$'
  local hashed = token and hash(token)
  -- Expiry, permission, limit of a minute, answer: as it was put there, separated by lines.
  local record = hashed and ngx.shared.keys:get(hashed)
  if not record then
    return ngx.exit(401)
  end
  local expires, permission, limit, answer = record:match '^(%d+)\n([^\n]*)\n(%d+)\n(.*)$'
  if ngx.now() >= tonumber(expires) then
    return ngx.exit(401)
  end
  if ngx.var.arg_permission and ngx.unescape_uri(ngx.var.arg_permission) ~= permission then
    return ngx.exit(403)
  end
  local count = ngx.shared.counts:incr(hashed, 1, 0, 60)
  if count > tonumber(limit) then
    return ngx.exit(429)
  end
  ngx.header['content-type'] = 'application/json'
  ngx.header['ratelimit'] = '"key";r=' .. (limit - count) .. ';t=60'
  ngx.print(answer)
end

return M
