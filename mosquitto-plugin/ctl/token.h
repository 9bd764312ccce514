/* token - `scoreboard-ctl key FILE` and `scoreboard-ctl token ...`: keys, and tokens that the door takes for passwords. Asks no broker. */
#ifndef CTL_TOKEN_H
#define CTL_TOKEN_H

#include "mosquitto-plugin/ctl/ctl.h"

/* argv[0] is the command's name. Both say what is wrong; `usage` is printed for what is no such command. */
enum status ctl_token(int argc, char **argv, const char *usage);
enum status ctl_key(int argc, char **argv, const char *usage);

#endif
