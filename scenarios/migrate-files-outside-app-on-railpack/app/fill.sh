mkdir -p /opt/words && echo ahoy > /opt/words/list.txt
