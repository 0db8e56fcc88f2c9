-- Problems of a clnrm-tui dashboard as diagnostics and quickfix list, and
-- :ClnrmRun, which runs the scenario under the cursor in it.
--
--   clnrm-tui --socket .clnrm/socket        in a terminal beside the editor
--   require("clnrm").connect(".clnrm/socket")   in init.lua
local M = {}
local uv = vim.uv or vim.loop
local space = vim.api.nvim_create_namespace("clnrm")

local function show(root, problems)
  local items, by_buffer = {}, {}
  for _, p in ipairs(problems.list) do
    if p.file ~= "" then
      local file = p.file:sub(1, 1) == "/" and p.file or (root .. "/" .. p.file)
      local buffer = vim.fn.bufadd(file)
      local line, column = math.max(p.line, 1), math.max(p.column, 1)
      table.insert(items, { bufnr = buffer, lnum = line, col = column, text = p.message, type = p.severity == "error" and "E" or "W" })
      by_buffer[buffer] = by_buffer[buffer] or {}
      table.insert(by_buffer[buffer], {
        lnum = line - 1, col = column - 1, message = p.message, source = "clnrm",
        severity = p.severity == "error" and vim.diagnostic.severity.ERROR or vim.diagnostic.severity.WARN,
      })
    end
  end
  vim.fn.setqflist({}, "r", { title = "clnrm", items = items })
  vim.diagnostic.reset(space)
  for buffer, list in pairs(by_buffer) do
    vim.diagnostic.set(space, buffer, list)
  end
end

local function received(line)
  local message = vim.json.decode(line)
  if message.clnrm then
    M.root = message.project
    if message.clnrm ~= 1 then
      vim.notify("clnrm: the dashboard speaks version " .. message.clnrm, vim.log.levels.WARN)
    end
  elseif message.event == "problems" then
    show(M.root, message.problems)
  elseif message.error then
    vim.notify("clnrm: " .. message.error, vim.log.levels.WARN)
  end
end

function M.send(request)
  if not M.pipe then
    return vim.notify("clnrm: not connected", vim.log.levels.WARN)
  end
  M.pipe:write(vim.json.encode(request) .. "\n")
end

function M.connect(path)
  M.pipe = uv.new_pipe(false)
  local rest = ""
  M.pipe:connect(vim.fn.fnamemodify(path, ":p"), vim.schedule_wrap(function(err)
    if err then
      M.pipe = nil
      return vim.notify("clnrm: " .. err, vim.log.levels.WARN)
    end
    M.pipe:read_start(vim.schedule_wrap(function(_, data)
      if not data then
        M.pipe = nil
        return
      end
      rest = rest .. data
      for line in rest:gmatch("([^\n]*)\n") do
        received(line)
      end
      rest = rest:match("([^\n]*)$")
    end))
    M.send({ ["do"] = "subscribe" })
  end))
end

vim.api.nvim_create_user_command("ClnrmRun", function()
  M.send({ ["do"] = "run", at = vim.fn.expand("%:p") .. ":" .. vim.fn.line(".") })
end, { desc = "run the scenario under the cursor" })

return M
