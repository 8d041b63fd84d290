-- Drives Neovim 0.7 as a user does; quits with status 1 and the reason when something is not as it should be.

local PATIENCE = 120000 -- milliseconds

local function fail(what, found)
  io.stdout:write('FAILED: ' .. what .. '\n' .. vim.inspect(found) .. '\n')
  vim.cmd('cquit 1')
end

local function eventually(what, condition, found)
  if not vim.wait(PATIENCE, condition, 20) then
    fail(what, found and found())
  end
end

local function lines()
  return vim.api.nvim_buf_get_lines(0, 0, -1, true)
end

local function started()
  local client = vim.lsp.get_active_clients()[1]
  return client and client.initialized and client or nil
end

local CONTENT_MODIFIED = -32801 -- the buffer moved on: LSP has the client ask again

local request
function request(method, params)
  local answer = started().request_sync(method, params, PATIENCE, vim.api.nvim_get_current_buf())
  if answer and answer.err and answer.err.code == CONTENT_MODIFIED then
    return request(method, params)
  end
  if answer == nil or answer.err then
    fail(method, answer)
  end
  return answer.result
end

local function place(line, character)
  return {
    textDocument = { uri = vim.uri_from_bufnr(0) },
    position = { line = line, character = character },
  }
end

local function searches()
  vim.lsp.buf.workspace_symbol('send the receipt of an order')
  eventually('workspace symbols fill the quickfix list', function()
    local first = vim.fn.getqflist()[1]
    return first and first.text:find('send_receipt') ~= nil
  end, vim.fn.getqflist)
  vim.cmd('cclose')
end

local function completes()
  vim.cmd('edit area.py')
  vim.api.nvim_buf_set_lines(0, 3, 4, true, { 'def area(width, ' })
  local listed
  repeat -- an empty list that is not complete: the buffer moved on
    listed = request('textDocument/completion', place(3, 16))
  until #listed.items > 0 or not listed.isIncomplete
  if not vim.inspect(listed.items):find('height%)') then
    fail('completion continues the line', listed)
  end
  local params = place(3, 16)
  params.context = { triggerKind = 1 }
  local inline = request('textDocument/inlineCompletion', params)
  if inline.items[1] == nil or not inline.items[1].insertText:find('height%)') then
    fail('inline completion continues the line', inline)
  end
  vim.cmd('undo')
end

local function translates()
  vim.cmd('edit! notes.txt')
  local titles = {}
  vim.ui.select = function(items, _, choose)
    for index, item in ipairs(items) do
      titles[index] = item[2].title
    end
    for index, item in ipairs(items) do
      if item[2].title:find('German %(replace%)') then
        return choose(item, index)
      end
    end
    fail('a translation is offered', titles)
  end
  eventually('the buffer is attached', function()
    return vim.lsp.buf_is_attached(0, started().id)
  end)
  vim.lsp.buf.code_action()
  eventually('the code action translates', function()
    return lines()[1]:sub(1, 5) == '[de] '
  end, function()
    return { titles, lines() }
  end)
  vim.cmd('write')
end

local function main()
  vim.cmd('edit shop/mail.py')
  eventually('the server starts', started)
  eventually('the workspace is indexed', function()
    local index = request('trivium/status', vim.empty_dict()).index[1]
    return index and index.state == 'ready'
  end)
  searches()
  completes()
  translates()
  local client = started()
  client.stop()
  eventually('the server ends', client.is_stopped)
  vim.cmd('qall!')
end

vim.schedule(function()
  local ok, why = xpcall(main, debug.traceback)
  if not ok then
    fail('an error', why)
  end
end)
