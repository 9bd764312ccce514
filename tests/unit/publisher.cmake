# unit tests of publisher/core
