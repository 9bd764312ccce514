#include "base/str.h"
#include "mosquitto-plugin/ctl/ctl.h"

#include <stdio.h>

static const char usage[] =
	"usage: scoreboard-ctl [OPTION]... COMMAND\n"
	"       scoreboard-ctl token --user NAME [--role ROLE] [--room ROOM]... [--host ROOM]... [--for 8h] [--key FILE]\n"
	"       scoreboard-ctl uplink --url https://HOST/ [--user NAME] [--prefix PREFIX] [--scoreboard URL] [--for 24h] [--key FILE]\n"
	"       scoreboard-ctl key FILE\n"
	"\n"
	"  clients [ROLE]                who is in\n"
	"  who ROOM | who-user NAME      who of them is in a room; on which devices a user is\n"
	"  who-address ADDRESS           who of them comes from there\n"
	"  rooms                         the rooms that are known\n"
	"  room ROOM                     one of them, and who is in it\n"
	"  close ROOM [--for 1h]         clears a room and lets nobody write to it; at all brokers\n"
	"  open ROOM                     ends that\n"
	"  say ROOM TEXT                 says something in a room\n"
	"  send USER TEXT                says something to one user, on all of his devices\n"
	"  notice TEXT [--for 10m] [--level urgent] [--prefix scoreboard/track2]\n"
	"                                tells everybody; an empty TEXT takes it back\n"
	"  kick ID                       disconnects a client\n"
	"  ban ADDRESS [--for 10m]       refuses an address (an IPv6 one with its /64) and sends away who is in from there\n"
	"  ban-user NAME [--for 10m]     the same for a user\n"
	"  unban ADDRESS | unban-user NAME\n"
	"  bans                          what is banned, and for how long yet\n"
	"  wipe FILTER                   clears retained topics\n"
	"  wipe-user NAME                clears those that a user has written\n"
	"  refusals                      who was refused lately, and why\n"
	"  history [--for 1h]            how many watched, and were refused, in each minute; of 12h at most\n"
	"  limits                        the limits in force\n"
	"  stats                         counts\n"
	"\n"
	"  token                         prints a token for NAME, who may be in each ROOM and looks after each --host ROOM; needs no broker.\n"
	"                                FILE has the key (token.key). For a policy that asks for them: --issuer, --audience\n"
	"  uplink                        prints a link to uplink.html with such a token: who opens it beside a scoreboard relays that to the server.\n"
	"                                Anybody who has the link can. --scoreboard is its address as that computer reaches it\n"
	"  key FILE                      makes a file with a new key; one that is there already stays\n"
	"\n"
	"  -h, --host HOST               127.0.0.1\n"
	"  -p, --port PORT               1883, with --cafile 8883\n"
	"  -u, --user NAME               operator\n"
	"      --password-file FILE      its first line; otherwise $SCOREBOARD_CTL_PASSWORD, or asked for\n"
	"      --cafile FILE             TLS, with this authority\n"
	"      --for TIME                of a ban, a closed room, a notice, the history: 90, 90s, 10m, 2h, 7d\n"
	"      --level LEVEL             of a notice: info, warning, urgent\n"
	"      --prefix PREFIX           of a notice: with several tracks, for the viewers of this one\n"
	"      --broker NAME             only this broker; otherwise clients, kick, bans, refusals, history and stats are about all of a cluster\n"
	"      --json                    the answer as the broker gives it\n"
	"\n"
	"exit status: 0 done, 1 refused, 2 wrong usage, 3 no answer\n";

enum status ctl_usage(void)
{
	fputs(usage, stderr);
	return STATUS_USAGE;
}

enum status ctl_help(void)
{
	return fputs(usage, stdout) < 0 || fflush(stdout) ? STATUS_NO_ANSWER : STATUS_OK;
}

bool ctl_duration(const char *text, int64_t *seconds)
{
	static const char units[] = "smhd";
	static const int64_t factors[] = { 1, 60, 3600, 86400 };
	struct str s = str_of(text);
	const char *unit = s.len ? strchr(units, s.p[s.len - 1]) : NULL;

	if (unit)
		s.len--;
	return str_to_int(s, seconds) && *seconds > 0 && *seconds < 100000000 &&
	       (*seconds *= factors[unit ? unit - units : 0]) > 0;
}
