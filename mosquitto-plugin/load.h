/* load - reads a policy from its file, with the files that it names: passwords and keys. Relative paths of these begin at the folder of the
 * policy. No other module reads these files; policy.h and passwd.h know only their text. */
#ifndef PLUGIN_LOAD_H
#define PLUGIN_LOAD_H

#include "mosquitto-plugin/core/login/passwd.h"
#include "mosquitto-plugin/core/policy/policy.h"

/* Returns 0, and policy and passwords belong to the caller; or 1, *out is NULL, *passwords is empty, and the text of `why` is
 * "FILE:LINE: reason" or "FILE: reason". (The line of `why` is 0, since the file may be another than `path`.) Blocks while files are read. */
int load_policy(const char *path, struct policy **out, struct passwd *passwords, struct complaint *why)
	__attribute__((warn_unused_result));

#endif
