-- Gives each request of wrk a query of its own, so that no two are the same.
local path, number = nil, 0

request = function()
  path = path or wrk.path
  number = number + 1
  return wrk.format(nil, (path:gsub("n=0$", "n=" .. number)))
end
