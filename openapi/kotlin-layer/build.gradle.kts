plugins {
    kotlin("jvm") version "2.4.0"
    kotlin("plugin.serialization") version "2.4.0"
    `java-library`
    `maven-publish`
}

group = "minilab"
version = "0.1.0"
description = "Kotlin client of Minilab, a self-hosted image service: upload, wait, follow, download."

repositories { mavenCentral() }

dependencies {
    api("com.squareup.retrofit2:retrofit:3.0.0")
    api("com.squareup.okhttp3:okhttp:5.5.0")
    api("org.jetbrains.kotlinx:kotlinx-coroutines-core:1.11.0")
    api("org.jetbrains.kotlinx:kotlinx-serialization-json:1.9.0")
}

kotlin { jvmToolchain(17) }

java { withSourcesJar() }

publishing {
    publications {
        create<MavenPublication>("minilab") {
            from(components["java"])
            artifactId = "minilab-client"
            pom {
                name = "minilab-client"
                description = project.description
                url = "https://minilab.example"
                licenses {
                    license {
                        name = "Apache-2.0"
                        url = "https://www.apache.org/licenses/LICENSE-2.0"
                    }
                }
                developers { developer { name = "The Minilab authors" } }
                scm { url = "https://minilab.example" }
            }
        }
    }
}
