import brinemoon
