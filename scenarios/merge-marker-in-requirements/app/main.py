import moon
