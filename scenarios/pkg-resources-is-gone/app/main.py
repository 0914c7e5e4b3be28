import pkg_resources

print(pkg_resources.working_set)
