"""Words for people: labels, sentences and notices that the command line, the pages and mails share."""
