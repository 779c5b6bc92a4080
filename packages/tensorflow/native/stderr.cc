// Sends the process's standard error to a file and back: TensorFlow's static initialisers write there whatever the log level.
#include <node_api.h>
#include <unistd.h>

namespace {

// redirect(from, to): makes descriptor `from` mean what `to` means; returns a descriptor of what it meant before.
napi_value Redirect(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  int32_t from = -1, to = -1;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  if (count < 2 || napi_get_value_int32(env, arguments[0], &from) != napi_ok ||
      napi_get_value_int32(env, arguments[1], &to) != napi_ok) {
    napi_throw_type_error(env, nullptr, "redirect(from: number, to: number)");
    return nullptr;
  }
  const int before = dup(from);
  if (before < 0 || dup2(to, from) < 0) {
    napi_throw_error(env, nullptr, "a file descriptor could not be redirected");
    return nullptr;
  }
  napi_value result;
  napi_create_int32(env, before, &result);
  return result;
}

napi_value Initialise(napi_env env, napi_value exports) {
  napi_value function;
  napi_create_function(env, "redirect", NAPI_AUTO_LENGTH, Redirect, nullptr, &function);
  napi_set_named_property(env, exports, "redirect", function);
  return exports;
}

}  // namespace

NAPI_MODULE(stderr_redirect, Initialise)
