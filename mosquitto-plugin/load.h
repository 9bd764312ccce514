/* load - a policy with the files it names: passwords and keys, found beside it when their paths are relative. */
#ifndef PLUGIN_LOAD_H
#define PLUGIN_LOAD_H

#include "mosquitto-plugin/core/passwd.h"
#include "mosquitto-plugin/core/policy.h"

#include "base/buf.h"

/* All of it, or NULL with "FILE:LINE: reason" in `why`; then *passwords is empty. */
struct policy *load_policy(const char *path, struct passwd *passwords, struct buf *why) __attribute__((warn_unused_result));

#endif
