# unit tests of mosquitto-plugin/core
unit_test(plugin_json plugin_core)
unit_test(plugin_addr plugin_core)
unit_test(plugin_rules plugin_core)
unit_test(plugin_matcher plugin_core PkgConfig::MOSQUITTO)
unit_test(plugin_policy plugin_load)
unit_test(plugin_passwd plugin_core)
unit_test(plugin_token plugin_core)
unit_test(plugin_door plugin_load)
