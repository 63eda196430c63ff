rootProject.name = "minilab-client"
